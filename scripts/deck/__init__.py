"""A deck about a run: one message a slide, its result as the title, the command that repeats it in the notes.

titles       the message of a chart in at most twelve words
slides       which slides there are, and what is said with each
pages        the slides of sentences: the title, the claims, how sure it is
files        the deck as pictures, PDF, HTML and PPTX
"""
