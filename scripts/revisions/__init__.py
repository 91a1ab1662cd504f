"""Two revisions of a project, or two versions of a library, measured on the same work in one run."""
