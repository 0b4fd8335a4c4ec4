#!/bin/sh
# The first process of the virtual machine of tests/machines/virtual.py. Mounts what needs servers, tries lockenv on
# everything, and turns the machine off. Lines for the host begin with "| ". Arguments: those of
# tests.machines.filesystems, without what is mounted here.

export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/srv/try LANG=C.UTF-8 PYTHONPATH=/srv/try/lockenv:/srv/try
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t tmpfs none /run
mkdir -p /dev/shm /run/lock /run/sendsigs.omit.d
busybox ip link set lo up
for module in loop overlay ext4 f2fs ntfs3 exfat vfat btrfs xfs nfs nfsd cifs ksmbd 9p 9pnet_virtio; do
    modprobe "$module" || echo "| no module $module"
done

# Mount a directory for a title with a command, or say why that was not possible.
attach() {
    title=$1
    shift
    directory=/mnt/$(echo "$title" | tr ' ' -)
    mkdir -p "$directory"
    if said=$("$@" "$directory" 2>&1); then
        mounted="$mounted
$title=$directory"
    else
        echo "| $title: skipped: $said"
    fi
}

network() {
    busybox mkdir -p /srv/nfs /srv/smb /var/lib/nfs/sm /var/lib/nfs/rpc_pipefs /var/lib/nfs/v4recovery
    touch /var/lib/nfs/etab /var/lib/nfs/rmtab /var/lib/nfs/state
    rpcbind -w
    rpc.statd
    mount -t nfsd none /proc/fs/nfsd
    exportfs -i -o rw,no_root_squash,insecure,no_subtree_check,fsid=1 127.0.0.1:/srv/nfs
    # Seconds in which a server that has just started gives no locks.
    echo 10 >/proc/fs/nfsd/nfsv4leasetime
    echo 10 >/proc/fs/nfsd/nfsv4gracetime
    rpc.nfsd 4
    rpc.mountd
    printf '[global]\n[share]\npath = /srv/smb\nread only = no\n' >/etc/ksmbd/ksmbd.conf
    ksmbd.adduser --add --password=secret root
    ksmbd.mountd
} 2>&1

mounted=
network
attach "SMB" mount -t cifs -o user=root,password=secret,vers=3.1.1 //127.0.0.1/share
attach "SMB with mfsymlinks" mount -t cifs -o user=root,password=secret,vers=3.1.1,mfsymlinks,nosharesock //127.0.0.1/share
attach "9p" mount -t 9p -o trans=virtio,version=9p2000.L host
attach "NFS 4.2" mount -t nfs -o vers=4.2 127.0.0.1:/srv/nfs
attach "NFS 3" mount -t nfs -o vers=3,nosharecache 127.0.0.1:/srv/nfs
attach "NFS 3 with locks of its own" mount -t nfs -o vers=3,nolock,nosharecache 127.0.0.1:/srv/nfs
IFS='
'
cd /srv/try || exit
for one in $mounted; do set -- "$@" --mounted "$one"; done
{
    python3 -u -m tests.machines.filesystems /srv/try --program /srv/try/lockenv "$@"
    echo "ended with $?"
} 2>&1 | sed -u 's/^/| /'
sync
busybox poweroff -f
