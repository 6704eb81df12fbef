"""Training: settings and presets (`config`), the learner (`trainer`), and what it keeps."""
