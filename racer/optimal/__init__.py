"""The minimum-time lap: the bound that every lap time can be measured against.

`reference` reads results and needs nothing but NumPy; `track_facts` says what there is to say about
a circuit. The package `solver` computes results.
"""
