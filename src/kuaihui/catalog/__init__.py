"""What we know beforehand, as files: people, services, rotas, escalation policies, roles, templates."""
