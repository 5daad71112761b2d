using Deq.Runtime.Trust;

namespace Deq.Runtime.Specs.Trust;

public sealed class ClassAccuracySpecs
{
    [Theory]
    [InlineData(1, 3)]
    [InlineData(4, 3)]
    [InlineData(5, 4)]
    [InlineData(4, 10)]
    [InlineData(6, 2)]
    public void Agrees_with_brute_force_to_1e_12(int count, int classes)
    {
        var random = new Random(count + (100 * classes));
        for (int trial = 0; trial < 5; trial++)
        {
            double[] p = Sources.Draw(random, count);
            double[] w = trial == 0 ? [.. p.Select(_ => 1.0)] : Sources.Weights(random, count);

            Assert.Equal(Sources.BruteForce(p, w, classes), ClassAccuracy.Of(p, w, classes).Value, 1e-12);
        }
    }

    [Fact]
    public void Of_two_labels_it_is_the_accuracy_of_a_decision()
    {
        double[] trust = Sources.Draw(new Random(31), 9);

        Assert.Equal(DecisionAccuracy.Believed(trust), ClassAccuracy.Believed(trust, 2));
    }

    [Fact]
    public void Many_sources_are_drawn_with_an_interval_that_holds_the_truth()
    {
        double[] trust = [.. Enumerable.Repeat(0.5, 10)];
        double exact = ClassAccuracy.Believed(trust, 3).Value;

        AccuracyInterval drawn = ClassAccuracy.Believed([.. trust, 1.0 / 3], 3);

        Assert.InRange(exact, drawn.Low, drawn.High);
        Assert.InRange(drawn.High - drawn.Low, 1e-6, 0.01);
    }
}
