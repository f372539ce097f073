"""Where live frames come from: one module for each kind of source, and what keeps it going."""
