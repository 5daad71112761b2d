namespace Deq.Benchmarks.Bilevel;

/// <summary>Seeded problems of logistic regression.</summary>
internal static class SyntheticClasses
{
    /// <summary>1500 examples to fit, 750 held out, 750 to test; 2000 features whose size falls like 1/√j.</summary>
    public static BilevelSplit Wide(int seed)
    {
        const int count = 1500;
        const int width = 2000;
        var random = new Random(seed);
        double[] features = new double[2 * count * width];
        for (int i = 0; i < features.Length; i++)
        {
            features[i] = 3 * Normal(random) / Math.Sqrt((i % width) + 1);
        }

        LabelledRows rows = Labelled(random, features, width, steepness: 0.5);
        int[] order = [.. Enumerable.Range(0, 2 * count)];
        return new BilevelSplit(rows.Select(order[..count]), rows.Select(order[count..(count * 3 / 2)]), rows.Select(order[(count * 3 / 2)..]));
    }

    /// <summary>113 examples of 30 features, neighbours correlated by 0.9, standardised.</summary>
    public static LabelledRows Correlated(int seed)
    {
        const int count = 113;
        const int width = 30;
        var random = new Random(seed);
        double[] features = new double[count * width];
        for (int i = 0; i < features.Length; i++)
        {
            features[i] = i % width == 0 ? Normal(random) : (0.9 * features[i - 1]) + (Math.Sqrt(1 - 0.81) * Normal(random));
        }

        for (int column = 0; column < width; column++)
        {
            double mean = Enumerable.Range(0, count).Average(row => features[(row * width) + column]);
            double deviation = Math.Sqrt(Enumerable.Range(0, count).Average(row => Math.Pow(features[(row * width) + column] - mean, 2)));
            for (int row = 0; row < count; row++)
            {
                features[(row * width) + column] = (features[(row * width) + column] - mean) / deviation;
            }
        }

        return Labelled(random, features, width, steepness: 1);
    }

    /// <summary>A standard normal number.</summary>
    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static LabelledRows Labelled(Random random, double[] values, int width, double steepness)
    {
        SparseMatrix features = SparseMatrix.Dense(values, width);
        double[] truth = [.. Enumerable.Range(0, width).Select(_ => Normal(random))];
        double[] margins = new double[features.Rows];
        features.Multiply(truth, margins);
        return new LabelledRows(features, [.. margins.Select(margin => random.NextDouble() < 1 / (1 + Math.Exp(-steepness * margin)) ? 1.0 : -1.0)]);
    }
}
