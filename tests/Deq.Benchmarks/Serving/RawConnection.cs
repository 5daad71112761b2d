using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Deq.Benchmarks.Serving;

/// <summary>One connection that sends the same prepared bytes again and again, so that hardly anything of what is measured is the client.</summary>
internal sealed class RawConnection : IDisposable
{
    private const string Spent = "\"spentMs\":";

    private static ReadOnlySpan<byte> Length => "Content-Length:"u8;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _request;
    private readonly byte[] _answer = new byte[64 << 10];

    /// <summary>Connects.</summary>
    /// <param name="address">The server's.</param>
    /// <param name="request">Head and body.</param>
    public RawConnection(Uri address, byte[] request)
    {
        _request = request;
        _socket.Connect(address.Host, address.Port);
    }

    /// <summary>Sends the request, waits for all of the answer, and gives what the answer says the engine spent, in milliseconds.</summary>
    /// <exception cref="InvalidOperationException">The answer is no 200.</exception>
    public double RoundTrip()
    {
        _socket.Send(_request);
        int length = 0;
        do
        {
            length += _socket.Receive(_answer, length, _answer.Length - length, SocketFlags.None);
        }
        while (length < LengthOf(_answer.AsSpan(0, length)));
        string text = Encoding.ASCII.GetString(_answer, 0, length);
        if (!text.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
        {
            throw new InvalidOperationException(text);
        }

        int start = text.IndexOf(Spent, StringComparison.Ordinal) + Spent.Length;
        return double.Parse(text.AsSpan(start, text.IndexOf(',', start) - start), CultureInfo.InvariantCulture);
    }

    /// <summary>How long an answer is with its head, by what has come of it; more than that while the head is not complete.</summary>
    private static int LengthOf(ReadOnlySpan<byte> answer)
    {
        int head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return int.MaxValue;
        }

        ReadOnlySpan<byte> rest = answer[(answer.IndexOf(Length) + Length.Length)..];
        return head + 4 + int.Parse(rest[..rest.IndexOf((byte)'\r')], NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
    }

    public void Dispose() => _socket.Dispose();
}
