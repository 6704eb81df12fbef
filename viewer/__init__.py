"""The viewer: drive, watch, record and render. Installs as `racer.viewer`; needs pygame-ce."""
