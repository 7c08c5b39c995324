"""The site as the app meets it: sign-in, API, sockets, and the proof of the device."""
