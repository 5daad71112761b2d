using System.Globalization;
using System.Net;

namespace Deq.Api.Specs.Servers;

/// <summary>The internet sockets that a Linux process holds, as <c>protocol local remote</c>.</summary>
internal static class ProcessSockets
{
    private static readonly string[] s_protocols = ["tcp", "tcp6", "udp", "udp6"];

    public static IReadOnlyList<string> Of(int process)
    {
        HashSet<string> inodes = [.. Directory.GetFiles($"/proc/{process}/fd").Select(Target)
            .Where(target => target.StartsWith("socket:[", StringComparison.Ordinal))];
        return [.. s_protocols.SelectMany(protocol => File.ReadLines($"/proc/{process}/net/{protocol}").Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => inodes.Contains($"socket:[{fields[9]}]"))
            .Select(fields => $"{protocol} {EndPoint(fields[1])} {EndPoint(fields[2])}"))];
    }

    /// <summary>Whether a socket has a remote end that is another machine, or could ask a name server.</summary>
    public static bool LeavesTheMachine(string socket)
    {
        string[] parts = socket.Split(' ');
        IPAddress remote = IPEndPoint.Parse(parts[2]).Address;
        return parts[0].StartsWith("udp", StringComparison.Ordinal)
            || !(IPAddress.IsLoopback(remote) || remote.Equals(IPAddress.Any) || remote.Equals(IPAddress.IPv6Any));
    }

    private static string Target(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.Name ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>An address as the kernel prints it: hexadecimal words in the machine's byte order.</summary>
    private static IPEndPoint EndPoint(string text)
    {
        string[] parts = text.Split(':');
        byte[] address = Convert.FromHexString(parts[0]);
        for (int word = 0; word < address.Length; word += 4)
        {
            Array.Reverse(address, word, 4);
        }

        var ip = new IPAddress(address);
        return new IPEndPoint(ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip, int.Parse(parts[1], NumberStyles.HexNumber));
    }
}
