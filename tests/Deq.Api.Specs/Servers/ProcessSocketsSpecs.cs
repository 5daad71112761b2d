using System.Net;
using System.Net.Sockets;

namespace Deq.Api.Specs.Servers;

public sealed class ProcessSocketsSpecs
{
    [Fact]
    public void Show_what_leaves_the_machine()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Sockets of a process are read from /proc.");
        using var question = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        question.Connect(IPAddress.Loopback, 53);

        IReadOnlyList<string> sockets = ProcessSockets.Of(Environment.ProcessId);

        Assert.Contains(sockets, socket => socket.EndsWith("127.0.0.1:53", StringComparison.Ordinal) && ProcessSockets.LeavesTheMachine(socket));
        Assert.Contains($"tcp {listener.LocalEndpoint} 0.0.0.0:0", sockets);
        Assert.False(ProcessSockets.LeavesTheMachine($"tcp {listener.LocalEndpoint} 0.0.0.0:0"));
        Assert.True(ProcessSockets.LeavesTheMachine("tcp 10.0.0.2:40000 192.0.2.1:443"));
        Assert.True(ProcessSockets.LeavesTheMachine("tcp6 [fd00::2]:40000 [2001:db8::1]:443"));
        Assert.False(ProcessSockets.LeavesTheMachine("tcp 127.0.0.1:8080 127.0.0.1:40000"));
    }
}
