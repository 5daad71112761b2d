using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Scheduling;

/// <summary>Turns what a caller sent into the encoder's input. Runs on an engine thread; what it throws becomes the request's failure.</summary>
/// <param name="input"><c>[InputLength]</c>, to be filled completely; valid during the call.</param>
public delegate void WriteInput(Span<float> input);

/// <summary>Turns the decoder's output into what the caller wants. Runs on an engine thread; what it throws becomes the request's failure.</summary>
/// <param name="output"><c>[OutputLength]</c>; valid during the call.</param>
public delegate TResult ReadOutput<out TResult>(ReadOnlySpan<float> output);

/// <summary>One input to solve, with the work on both ends of it, so that the threads of callers never compute.</summary>
public sealed record InferenceRequest<TResult>
{
    /// <summary>The way in.</summary>
    public required WriteInput Input { get; init; }

    /// <summary>The way out; not called when no iterate was finite.</summary>
    public required ReadOutput<TResult> Output { get; init; }

    /// <summary>How to solve: a member of <see cref="FixedPointMethods.All"/>.</summary>
    public required IFixedPointMethod Method { get; init; }

    /// <summary>When the row counts as converged.</summary>
    public Tolerance Tolerance { get; init; } = new();

    /// <summary>
    /// When to give up. Its time counts from acceptance, so waiting counts. A request whose time is over before its first evaluation
    /// still makes that one: every accepted request has an iterate to answer with.
    /// </summary>
    public Budget Budget { get; init; } = new();

    /// <summary>When the caller goes away: a waiting request leaves the queue at once, a running row at its next evaluation.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>The answer to one request.</summary>
/// <param name="Result">What <see cref="InferenceRequest{TResult}.Output"/> made of the best iterate; default when no iterate was finite.</param>
/// <param name="Solution">How the solve ended.</param>
/// <param name="Queued">From acceptance until an engine thread took the request up.</param>
/// <param name="Elapsed">From acceptance until the answer was ready; contains <paramref name="Queued"/>.</param>
public sealed record InferenceAnswer<TResult>(TResult? Result, RowSolution Solution, TimeSpan Queued, TimeSpan Elapsed);
