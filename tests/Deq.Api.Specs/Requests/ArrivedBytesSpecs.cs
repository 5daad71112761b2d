using Deq.Api.Requests;
using Deq.Api.Specs.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Requests;

public sealed class ArrivedBytesSpecs : IDisposable
{
    private const int Piece = 64 << 10;

    private readonly Server _server = new();
    private readonly HeldBodies.Share _share;

    public ArrivedBytesSpecs() => _share = _server.Services.GetRequiredService<HeldBodies>().Open("model", "client");

    public void Dispose()
    {
        _share.Dispose();
        _server.Dispose();
    }

    public static TheoryData<int, int, bool> Sizes()
    {
        var sizes = new TheoryData<int, int, bool>();
        foreach (int size in (int[])[0, 1, (16 << 10) - 1, 16 << 10, (16 << 10) + 1, Piece, (16 << 10) + Piece, (256 << 10) + 1, 300_001])
        {
            foreach (int step in (int[])[1000, 4096, Piece, 1 << 20])
            {
                sizes.Add(size, step, true);
                sizes.Add(size, step, false);
            }
        }

        return sizes;
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Are_what_came_in_its_order(int size, int step, bool isAnnounced)
    {
        byte[] sent = new byte[size];
        new Random(size).NextBytes(sent);
        using var copied = new ArrivedBytes(isAnnounced ? size : null, _share);
        using var written = new ArrivedBytes(isAnnounced ? size : null, _share);

        for (int at = 0; at < size; at += step)
        {
            copied.Append(sent.AsSpan(at, Math.Min(step, size - at)));
        }

        for (int at = 0; at < size;)
        {
            Memory<byte> room = written.Room();
            int count = Math.Min(Math.Min(step, room.Length), size - at);
            sent.AsSpan(at, count).CopyTo(room.Span);
            written.Advance(count);
            at += count;
        }

        Assert.Equal(sent, copied.ToArray());
        Assert.Equal(sent, written.ToArray());
        Assert.Equal(sent, copied.ToMemory().ToArray());
        Assert.Equal((size, size), (copied.Length, written.Length));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(300_001)]
    public void Take_from_the_share_what_was_announced_and_no_more(int size)
    {
        using var bytes = new ArrivedBytes(size, _share);

        bytes.Append(new byte[size]);

        Assert.Equal(size, _share.Held);
    }
}
