"""The toolbox that the harness and plugins share. Of the harness, plugins import only this."""
