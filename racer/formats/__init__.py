"""What every file of Racer shares: reading, writing, locks, texts, the npz form."""
