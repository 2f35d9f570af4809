# Runs a program with a listening socket on 127.0.0.1 as file descriptor 3: listening-socket.pl <command> <argument…>
use strict;
use Socket;
use POSIX ();

# File descriptors up to this one stay open in the program.
$^F = 255;

socket(my $socket, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
bind($socket, sockaddr_in(0, INADDR_LOOPBACK)) or die "bind: $!";
listen($socket, 511) or die "listen: $!";
POSIX::dup2(fileno($socket), 3) or die "dup2: $!";
exec(@ARGV) or die "exec: $!";
