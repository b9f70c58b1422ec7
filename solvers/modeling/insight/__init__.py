"""What a solved instance tells beyond its plan: what is tight, what it is worth, why not otherwise, what is traded."""
