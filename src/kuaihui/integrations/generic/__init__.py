"""Any sender's own JSON: read by JMESPath expressions from the settings."""
