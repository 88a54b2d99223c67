#!/bin/sh
# Installs or updates the suite: prepares the databases, waits for that to end, then changes the pods, and waits for these.
#   sh deploy/kubernetes/update.sh overlays/small
set -eu
here=$(CDPATH= cd "$(dirname "$0")" && pwd)
overlay=${1:-}
if [ -z "$overlay" ] || [ ! -f "$here/$overlay/kustomization.yaml" ]; then
  echo "usage: sh $0 OVERLAY, one of: $(cd "$here" && echo overlays/*)" >&2
  exit 2
fi
jobs=tier=database,app.kubernetes.io/part-of=hotel-reservations
# A Job cannot be changed.
kubectl --namespace hotel delete job --selector "$jobs" --ignore-not-found --wait
kubectl apply --kustomize "$here/database"
# `kubectl wait` for one condition does not see the other: a Job that has failed ends the update at once.
left=${DATABASE_SECONDS:-1800}
while :; do
  states=$(kubectl --namespace hotel get job --selector "$jobs" \
    --output 'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.status=="True")].type}{"\n"}{end}')
  case $states in *Failed*) left=0 ;; esac
  if [ -n "$states" ] && ! printf '%s\n' "$states" | grep -qv Complete; then break; fi
  if [ "$left" -le 0 ]; then
    kubectl --namespace hotel logs --selector "$jobs" --prefix --tail 20 >&2 || true
    echo 'The databases could not be prepared (see above): the pods stay as they are.' >&2
    exit 1
  fi
  sleep 2
  left=$((left - 2))
done
kubectl apply --kustomize "$here/$overlay"
for part in guests rooms reservations gateway; do
  kubectl --namespace hotel rollout status "deployment/$part" --timeout "${ROLLOUT_TIMEOUT:-10m}"
done
