"""What every service tells operators in the same way: log records and traces. It knows none of the services."""
