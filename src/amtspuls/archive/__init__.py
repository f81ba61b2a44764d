"""What was free when: spans in a transactional store."""
