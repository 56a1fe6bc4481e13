"""What commands show on a terminal: imported only by the one that needs it."""
