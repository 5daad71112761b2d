using System.IO.Pipelines;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Specs.Servers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Requests;

public sealed class BoundedReadingSpecs
{
    [Fact]
    public async Task Ends_quietly_where_the_connection_is_aborted_before_its_deadline_hears_of_it()
    {
        using var server = new Server();
        using var gone = new CancellationTokenSource();
        using HeldBodies.Share share = server.Services.GetRequiredService<HeldBodies>().Open("model", "client");
        using var bytes = new ArrivedBytes(null, share);
        using BodyDeadline deadline = BodyDeadline.Begin(new DefaultHttpContext { RequestServices = server.Services, RequestAborted = gone.Token });
        var body = new AbortedBody();
        Task<bool> reading = BoundedReading.ReadAsync(
            body, bytes, 100, share, () => new ProblemException(ProblemKinds.BodyTooLarge, "too large"), deadline);

        Exception? thrown = await Record.ExceptionAsync(gone.CancelAsync);
        body.End.SetResult();

        Assert.Null(thrown);
        Assert.True(body.IsAsked);
        Assert.False(await reading);
    }

    /// <summary>As the web server's reader of a connection that was aborted: whatever it is asked fails.</summary>
    private sealed class AbortedBody : PipeReader
    {
        public TaskCompletionSource End { get; } = new();

        public bool IsAsked { get; private set; }

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            await End.Task;
            throw new ConnectionAbortedException();
        }

        public override void CancelPendingRead()
        {
            IsAsked = true;
            throw new ConnectionAbortedException();
        }

        public override bool TryRead(out ReadResult result) => throw new ConnectionAbortedException();

        public override void AdvanceTo(SequencePosition consumed) => throw new ConnectionAbortedException();

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => throw new ConnectionAbortedException();

        public override void Complete(Exception? exception = null)
        {
        }
    }
}
