"""What people are told, made from a timeline: receipts, clocks, figures, documents."""
