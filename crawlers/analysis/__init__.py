"""Engine analysis of stored chess games: a pool of UCI engines, and the formulas of Lichess."""
