"""`make cluster-test`: the scenarios, on the cluster of KUBECONFIG."""
