#!/bin/sh
# Starts systemd in namespaces of its own, with a root of its own that has the programs of this
# machine and the project. Nothing outside of it changes, but the folder of results.
# Arguments: the project, the program `node`, and a folder with `root`, the files of `etc`, and
# `results`.
set -eu
project=$1 node=$2 root=$3/root etc=$3/etc results=$3/results

mount --make-rprivate /
mount -t tmpfs none "$root"
cd "$root"
mkdir -p usr etc dev proc sys run tmp var/log var/tmp var/lib root home opt/tollgate results old upper/usr upper/work
for name in bin sbin lib lib64; do ln -s "usr/$name" "$name"; done
mount -t overlay -o "lowerdir=/usr,upperdir=$root/upper/usr,workdir=$root/upper/work" none usr
mount --bind "$project" opt/tollgate
mount --bind "$results" results
mount -t proc none proc
mount -t sysfs none sys
mkdir -p sys/fs/cgroup
mount -t cgroup2 none sys/fs/cgroup
mount --rbind /dev dev
mount -t tmpfs none run

cp /etc/passwd /etc/group /etc/nsswitch.conf etc
: >etc/machine-id
cp -r "$etc/." etc
rm -f usr/bin/node usr/bin/tollgate
cp "$node" usr/bin/node
ln -s /opt/tollgate/packages/cli/dist/bin.js usr/bin/tollgate

ip link set lo up
pivot_root . old
cd /
umount -l old
exec env -i container=other /usr/lib/systemd/systemd --system --unit=trial.service --log-target=console --show-status=no
