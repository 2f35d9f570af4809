# Connects, sends its standard input, reads some bytes of the answer, and waits to be killed or stopped:
# vanishing-client.pl <port> <bytes to read>. A kill resets the connection (SO_LINGER). Prints "there" then.
use strict;
use Socket qw(:DEFAULT IPPROTO_TCP TCP_NODELAY);

my ($port, $count) = @ARGV;
local $| = 1;
# A test that fails may leave it.
alarm 120;
binmode(STDIN);
my $input = do { local $/; <STDIN> };
socket(my $socket, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
connect($socket, sockaddr_in($port, INADDR_LOOPBACK)) or die "connect: $!";
setsockopt($socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)) or die "linger: $!";
setsockopt($socket, IPPROTO_TCP, TCP_NODELAY, 1) or die "nodelay: $!";
syswrite($socket, $input) == length($input) or die "write: $!";
while ($count > 0) {
  my $read = sysread($socket, my $bytes, $count) or die "read: $!";
  $count -= $read;
}
print "there\n";
sleep;
