using Deq.Api.Access;
using Deq.Testing;

namespace Deq.Api.Specs.Access;

public sealed class GuessLimitSpecs
{
    private readonly ManualClock _clock = new();

    private GuessLimit Limit(int guesses) => new(new AccessSettings { Keys = [], KeysFile = null, Tokens = null, Guesses = guesses }, _clock);

    [Fact]
    public void Allows_a_number_at_once_and_one_more_every_few_seconds()
    {
        GuessLimit limit = Limit(3);
        limit.Note("here");
        limit.Note("here");
        bool isEarly = limit.IsSpent("here");
        limit.Note("here");

        Assert.False(isEarly);
        Assert.True(limit.IsSpent("here"));
        Assert.False(limit.IsSpent("there"));
        _clock.Advance(GuessLimit.Refill);
        Assert.False(limit.IsSpent("here"));
        limit.Note("here");
        Assert.True(limit.IsSpent("here"));
    }

    [Fact]
    public void Forgets_networks_when_there_are_too_many_but_not_the_one_that_guesses_most()
    {
        GuessLimit limit = Limit(3);
        limit.Note("guesser");
        limit.Note("guesser");
        limit.Note("guesser");
        for (int network = 0; network < 30_000; network++)
        {
            limit.Note($"{network}");
        }

        Assert.True(limit.IsSpent("guesser"));
        Assert.InRange(limit.Count, 1, 10_000);
    }
}
