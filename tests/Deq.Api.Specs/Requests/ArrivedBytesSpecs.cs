using System.Runtime.InteropServices;
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

    [Theory]
    [InlineData(1000, 1000, true)]
    [InlineData(1000, 16 << 10, false)]
    [InlineData(300_001, 512 << 10, true)]
    [InlineData(300_001, 512 << 10, false)]
    public void Take_from_the_share_the_whole_array_that_they_are_in_at_last(int size, int held, bool isAnnounced)
    {
        using var bytes = new ArrivedBytes(isAnnounced ? size : null, _share);
        bytes.Append(new byte[size]);

        ReadOnlyMemory<byte> all = bytes.ToMemory();

        Assert.True(MemoryMarshal.TryGetArray(all, out ArraySegment<byte> array));
        Assert.Equal((size, held, held), (all.Length, array.Array!.Length, _share.Held));
    }

    [Fact]
    public void Are_not_refused_for_what_the_pool_rounds_up_to()
    {
        const int Size = 300_001;
        using var server = new Server(("Limits:BodyBytes", "400000"), ("Limits:HeldBytes", "400000"));
        HeldBodies bodies = server.Services.GetRequiredService<HeldBodies>();
        using HeldBodies.Share share = bodies.Open("model", "client");
        using var bytes = new ArrivedBytes(Size, share);
        bytes.Append(new byte[Size]);

        ReadOnlyMemory<byte> all = bytes.ToMemory();

        Assert.Equal((Size, Size, Size), (all.Length, share.Held, bodies.Bytes));
    }
}
