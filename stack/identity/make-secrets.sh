#!/bin/sh
# Makes the secrets of docker-compose.yml in .secrets, or in the folder given; those that are there stay as they are. Beside
# it, the folders of .identity, which Docker would make as root.
set -eu

folder=${1:-$(dirname "$0")/../.secrets}
# Others on this machine can not enter the folder; the files are open to whichever user a container works as.
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"
umask 022
for name in keys guests rooms reservations; do mkdir -p "../.identity/$name"; chmod 755 "../.identity/$name"; done
chmod 700 ../.identity

random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
# Writes standard input to a file that appears whole or not at all.
put() { cat > "$1.new" && mv "$1.new" "$1"; }
make() { [ -s "$1" ] || put "$1"; }

random 24 | make postgres-password
printf %s "postgresql://postgres:$(cat postgres-password)@postgres:5432/postgres" | put administrator-url
for service in guests rooms reservations; do
  printf %s "postgresql://${service}_service:$(random 24)@postgres:5432/$service" | make "$service-url"
done
printf %s "redis://:$(random 24)@redis:6379" | make redis-url
sed 's/^redis:..:\(.*\)@.*/requirepass \1/' redis-url | put redis-config
head -c 32 /dev/urandom | base64 | tr -d '\n' | make page-token-key
# Where SELinux is on, containers read files of this type only, and docker-compose.yml has no way to say it of secrets.
if command -v selinuxenabled > /dev/null && selinuxenabled; then chcon -R -t container_file_t .; fi
