"""What the rules need to know of a language, one YAML file each; `stages/languages.py` reads them.

* `labels`: what language models call it: ISO 639-1 (lid.176), ISO 639-3 with script (GlotLID, OpenLID).
* `stop_words`: its most frequent function words, as they are written inside a sentence; `measure` counts which occur.
* `bounds`: rule -> the bounds that hold instead of the rule's own, where those make no sense for the language; an end
  that is not named has no bound. Each says why. FineWeb-2 (Penedo et al. 2025, arXiv:2506.20920) means the file of
  that name under configs/ of github.com/huggingface/fineweb-2.
* `line_rules`: `end_mark: false` lifts C4's rule that a line ends as a sentence does.

A language without a file has no stop words, which `gopher_stop_words` rejects as null, and the rules' own bounds.
Documents without a language are taken for English.
"""
