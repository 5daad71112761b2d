using System.IO.Pipelines;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Specs.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Requests;

public sealed class HandedOverStreamSpecs : IDisposable
{
    private const int Most = 10_000;

    private readonly Server _server = new();
    private readonly Pipe _pipe = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Takes_all_that_has_come_however_little_is_asked_for()
    {
        byte[] sent = [.. Enumerable.Range(0, Most).Select(place => (byte)place)];
        using HeldBodies.Share share = _server.Services.GetRequiredService<HeldBodies>().Open("model", "client");
        using var stream = new HandedOverStream(_pipe.Reader, share, Most, () => throw new InvalidOperationException("Not so many."));
        await _pipe.Writer.WriteAsync(sent, Cancellation);

        byte[] first = new byte[7];
        int read = await stream.ReadAsync(first, Cancellation);
        bool hasMore = _pipe.Reader.TryRead(out _);
        await _pipe.Writer.CompleteAsync();
        using var rest = new MemoryStream();
        await stream.CopyToAsync(rest, Cancellation);

        Assert.False(hasMore);
        Assert.Equal(sent, (byte[])[.. first[..read], .. rest.ToArray()]);
    }

    [Fact]
    public async Task Ends_where_more_comes_than_may()
    {
        using HeldBodies.Share share = _server.Services.GetRequiredService<HeldBodies>().Open("model", "client");
        using var stream = new HandedOverStream(_pipe.Reader, share, Most, () => new ProblemException(ProblemKinds.BodyTooLarge, "Too many."));
        await _pipe.Writer.WriteAsync(new byte[Most + 1], Cancellation);

        await Assert.ThrowsAsync<ProblemException>(() => stream.CopyToAsync(Stream.Null, Cancellation));

        Assert.False(_pipe.Reader.TryRead(out _));
    }
}
