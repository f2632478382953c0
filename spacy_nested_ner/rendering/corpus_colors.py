"""Colours of the labels of each corpus, light enough for black text.

GENIA and CMEEE are entry points of the group spacy_displacy_colors: their labels belong to
these sets alone. displaCy uses the colours of this group for every pipeline, whatever the case
of a label. Labels of other people's pipelines, such as "location", therefore stay out of it:
`label_color` and `displacy_options` know their colours.

No two corpora give one label two colours, and none changes a colour of spaCy's own. In the long
blocks the labels are sorted by frequency, and the first ones differ most.
"""

GENIA = {
    "DNA": "#9bd1ff",
    "RNA": "#a6e3b8",
    "cell_line": "#ffc78a",
    "cell_type": "#f6e27f",
    "protein": "#f7a8b8",
}
CMEEE = {
    "sym": "#f2a6a6",
    "bod": "#7bf47b",
    "dis": "#7be8f4",
    "pro": "#e87bf4",
    "ite": "#f4dc7b",
    "dru": "#a6adf2",
    "mic": "#a6dda6",
    "equ": "#f5e2c7",
    "dep": "#f2a6e3",
}
ICEM = {
    "part": "#f2a6a6",
    "component": "#7bf47b",
    "action": "#7be8f4",
    "fault": "#e87bf4",
    "equipment": "#f4dc7b",
    "fluid": "#a6adf2",
    "parameter": "#a6dda6",
    "location": "#f5e2c7",
    "material": "#f2a6e3",
    "symptom": "#c7d9f5",
    "fastener": "#d0f47b",
    "sensor": "#f4ab7b",
    "cause": "#7bf4ab",
    "tool": "#c7f5e2",
    "value": "#f5c7e2",
    "system": "#7bc4f4",
    "interval": "#7bf4dc",
    "personnel": "#f47bd0",
    "consumable": "#e3f2a6",
    "alarm": "#f4877b",
    "document": "#ddb7a6",
    "vendor": "#a6d8dd",
    "hazard": "#f4c47b",
    "permit": "#def5c7",
    "software": "#cca6f2",
    "standard": "#d5c7f5",
}
# of format maintie_top; whole paths are many, and have no colours
MAINTIE = {
    "PhysicalObject": "#f2a6a6",
    "Activity": "#7bf47b",
    "State": "#7be8f4",
    "Process": "#e87bf4",
    "Property": "#f4dc7b",
}
# LOC and ORG have colours in spaCy, PER has that of PERSON; derivations and parts are paler
GERMEVAL = {
    "PER": "#aa9cfc",
    "OTH": "#ffeb80",
    "LOCderiv": "#ffbfa1",
    "LOCpart": "#ffdccc",
    "PERderiv": "#cbc2fd",
    "PERpart": "#e3defe",
    "ORGderiv": "#aef4f4",
    "ORGpart": "#d3f9f9",
    "OTHderiv": "#fff2b0",
    "OTHpart": "#fff8d6",
}
# and those of GermEval
DANPLUS = {
    "MISC": "#bfeeb7",
    "MISCderiv": "#d6f4d1",
    "MISCpart": "#e8f9e6",
}
BIONLP13CG = {
    "Gene_or_gene_product": "#f2a6a6",
    "Cell": "#7bf47b",
    "Cancer": "#7be8f4",
    "Simple_chemical": "#e87bf4",
    "Organism": "#f4dc7b",
    "Multi-tissue_structure": "#a6adf2",
    "Tissue": "#a6dda6",
    "Cellular_component": "#f5e2c7",
    "Organ": "#f2a6e3",
    "Organism_substance": "#c7d9f5",
    "Pathological_formation": "#d0f47b",
    "Amino_acid": "#f4ab7b",
    "Immaterial_anatomical_entity": "#7bf4ab",
    "Organism_subdivision": "#c7f5e2",
    "Anatomical_system": "#f5c7e2",
    "Developing_anatomical_structure": "#7bc4f4",
}

PALETTES = (GENIA, CMEEE, ICEM, MAINTIE, GERMEVAL, DANPLUS, BIONLP13CG)
