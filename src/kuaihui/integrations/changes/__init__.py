"""Changes that any pipeline tells: POST /hooks/changes, kept as notes beside the incidents."""
