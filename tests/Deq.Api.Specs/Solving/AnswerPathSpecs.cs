using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Deq.Api.Specs.Solving;

public sealed class AnswerPathSpecs
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly ManualClock _clock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Leaves_the_engine_all_that_has_not_passed_until_an_answer_was_measured()
    {
        var path = new AnswerPath(_clock);
        long begun = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromMilliseconds(30));

        TimeSpan left = path.Left(TimeSpan.FromMilliseconds(100), begun);

        Assert.Equal(70, left.TotalMilliseconds, 6);
    }

    [Fact]
    public void Keeps_back_what_answers_take_once_they_take_the_same()
    {
        var path = new AnswerPath(_clock);
        for (int i = 0; i < 100; i++)
        {
            path.Note(TimeSpan.FromMilliseconds(5));
        }

        TimeSpan left = path.Left(TimeSpan.FromMilliseconds(100), _clock.GetTimestamp());

        Assert.Equal(95, left.TotalMilliseconds, 3);
    }

    [Fact]
    public async Task Keeps_back_nothing_for_what_a_large_answer_waited_behind_others_and_took_to_be_made()
    {
        var path = new AnswerPath(_clock);
        var http = new DefaultHttpContext();
        http.Features.Set<IHttpResponseFeature>(new BegunResponse());
        CancellationToken cancellation = Cancellation;
        using var threads = new DecodingThreads(1, _clock);
        using var open = new ManualResetEventSlim();
        long submitted = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromMilliseconds(110));
        Task<bool> other = threads.RunAsync("one", () => open.Wait(s_patience, cancellation), cancellation);
        Task<bool> made = AnswerWait.Of(http).RunAsync(threads, "one", _clock, Make, cancellation);
        _clock.Advance(TimeSpan.FromMilliseconds(600));
        open.Set();
        Assert.True(await other.WaitAsync(s_patience, cancellation) && await made.WaitAsync(s_patience, cancellation));

        path.NoteWhenSent(http.Response, submitted, TimeSpan.FromMilliseconds(100));

        Assert.Equal(30, path.Reserve.TotalMilliseconds, 6);

        bool Make()
        {
            _clock.Advance(TimeSpan.FromSeconds(2));
            return true;
        }
    }

    [Fact]
    public void Keeps_back_more_when_answers_differ_than_when_they_do_not()
    {
        var steady = new AnswerPath(_clock);
        var unsteady = new AnswerPath(_clock);
        for (int i = 0; i < 200; i++)
        {
            steady.Note(TimeSpan.FromMilliseconds(5));
            unsteady.Note(TimeSpan.FromMilliseconds(i % 2 == 0 ? 2 : 8));
        }

        Assert.True(unsteady.Reserve > steady.Reserve + TimeSpan.FromMilliseconds(8));
    }

    [Theory]
    [InlineData(10, 0, 5)]
    [InlineData(10, 6, 2)]
    [InlineData(10, 20, 0)]
    public void Leaves_a_short_deadline_half_of_itself_and_never_nothing(double deadlineMs, double passedMs, double expectedMs)
    {
        var path = new AnswerPath(_clock);
        path.Note(TimeSpan.FromMilliseconds(500));
        long begun = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromMilliseconds(passedMs));

        TimeSpan left = path.Left(TimeSpan.FromMilliseconds(deadlineMs), begun);

        Assert.True(left > TimeSpan.Zero);
        Assert.Equal(expectedMs, left.TotalMilliseconds, 3);
    }

    [Theory]
    [InlineData(40, 60, 40)]
    [InlineData(90, 60, 60)]
    public void Counts_as_the_engines_own_time_what_it_was_left_and_no_more(double spentMs, double leftMs, double expectedMs) =>
        Assert.Equal(expectedMs, AnswerPath.Granted(TimeSpan.FromMilliseconds(spentMs), TimeSpan.FromMilliseconds(leftMs)).TotalMilliseconds, 6);

    private sealed class BegunResponse : HttpResponseFeature
    {
        public override bool HasStarted => true;
    }
}
