"""What has happened to an incident: facts by subject, the timeline they make, the table of its phases."""
