using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Specs.Scheduling.Queue;

public sealed class MovingMeanSpecs
{
    private readonly MovingMean _mean = new(isFirstLeftOut: true);

    [Fact]
    public void Does_not_count_the_first_value()
    {
        _mean.Note(1000);
        Assert.True(_mean.IsEmpty);

        _mean.Note(2);
        _mean.Note(4);

        Assert.Equal(3, _mean.Value);
    }

    [Fact]
    public void Counts_the_first_value_until_there_is_a_second_where_nothing_else_is_known()
    {
        var mean = new MovingMean();
        mean.Note(1000);
        Assert.Equal(1000, mean.Value);

        mean.Note(2);

        Assert.Equal(2, mean.Value);
    }

    [Fact]
    public void Is_what_was_measured_elsewhere_until_a_value_counts()
    {
        _mean.Seed(5);
        _mean.Note(1000);
        Assert.Equal(5, _mean.Value);

        _mean.Note(2);

        Assert.Equal(2, _mean.Value);
    }

    [Fact]
    public void Forgets()
    {
        for (int i = 0; i < 100; i++)
        {
            _mean.Note(7);
        }

        _mean.Note(7 + 32);

        Assert.Equal(8, _mean.Value, 1e-12);
    }
}
