using System.Net;
using Deq.Api.Access;
using Deq.Testing;

namespace Deq.Api.Specs.Access;

public sealed class IssuerCallsSpecs : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly Issuer _issuer = new();
    private readonly HttpMessageInvoker _calls;

    public IssuerCallsSpecs() => _calls = new HttpMessageInvoker(new IssuerCalls(_issuer, _clock, TimeSpan.FromMinutes(1)));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _calls.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData(HttpStatusCode.InternalServerError)]
    public async Task Leave_alone_for_a_while_who_has_failed_twice(HttpStatusCode? failure)
    {
        _issuer.Status = failure;
        for (int i = 0; i < 5; i++)
        {
            await Fails();
        }

        int asked = _issuer.Asked;
        _issuer.Status = HttpStatusCode.OK;
        await Fails();
        _clock.Advance(IssuerCalls.AskAgainAfter + TimeSpan.FromMilliseconds(1));

        Assert.Equal(2, asked);
        Assert.Equal(HttpStatusCode.OK, await Ask(_calls));
        Assert.Equal(HttpStatusCode.OK, await Ask(_calls));
        Assert.Equal(4, _issuer.Asked);
    }

    [Fact]
    public async Task Leave_alone_who_answers_every_other_question()
    {
        for (int i = 0; i < 6; i++)
        {
            _issuer.Status = i % 2 == 0 ? HttpStatusCode.OK : null;
            try
            {
                await Ask(_calls);
            }
            catch (HttpRequestException)
            {
                // As when its keys cannot be had.
            }
        }

        Assert.Equal(2, _issuer.Asked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Wait_no_longer_than_their_patience(bool isHeadSent)
    {
        (_issuer.IsSilent, _issuer.IsHeadSent) = (true, isHeadSent);
        using var calls = new HttpMessageInvoker(new IssuerCalls(_issuer, TimeProvider.System, TimeSpan.FromMilliseconds(50)), disposeHandler: false);

        await Assert.ThrowsAsync<HttpRequestException>(() => Ask(calls));

        Assert.Equal(1, _issuer.Asked);
    }

    private static async Task<HttpStatusCode> Ask(HttpMessageInvoker calls)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://issuer.example/keys");
        using HttpResponseMessage response = await calls.SendAsync(request, Cancellation);
        return response.StatusCode;
    }

    private async Task Fails()
    {
        try
        {
            Assert.Equal(HttpStatusCode.InternalServerError, await Ask(_calls));
        }
        catch (HttpRequestException)
        {
            // As when it is down.
        }
    }

    /// <summary>One that answers with a status, refuses, or is silent.</summary>
    private sealed class Issuer : HttpMessageHandler
    {
        /// <summary>What it answers; null: it refuses.</summary>
        public HttpStatusCode? Status { get; set; }

        public bool IsSilent { get; set; }

        /// <summary>Whether it is silent only once it has sent the head of its answer.</summary>
        public bool IsHeadSent { get; set; }

        public int Asked { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked++;
            if (IsHeadSent)
            {
                return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new SilentStream()) };
            }

            if (IsSilent)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return Status is { } status ? new HttpResponseMessage(status) : throw new HttpRequestException("Connection refused.");
        }
    }

    /// <summary>Never has anything to read.</summary>
    private sealed class SilentStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
