namespace Deq.Runtime.Specs.Trust;

/// <summary>Sources of a vote drawn from a seed, and accuracies by brute force.</summary>
internal static class Sources
{
    public static double[] Draw(Random random, int count, double low = 0.05, double high = 0.95) =>
        [.. Enumerable.Range(0, count).Select(_ => low + ((high - low) * random.NextDouble()))];

    public static double[] Weights(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (4 * random.NextDouble()) - 2)];

    public static double[] LogOdds(double[] trust) => [.. trust.Select(tau => Math.Log(tau / (1 - tau)))];

    /// <summary>Σ over all patterns of right and wrong, each from scratch.</summary>
    public static double BruteForce(double[] p, double[] w)
    {
        double accuracy = 0;
        for (int pattern = 0; pattern < 1 << p.Length; pattern++)
        {
            (double share, double sum) = (1, 0);
            for (int i = 0; i < p.Length; i++)
            {
                bool right = (pattern >> i & 1) != 0;
                share *= right ? p[i] : 1 - p[i];
                sum += right ? w[i] : -w[i];
            }

            accuracy += share * (Math.Abs(sum) < 1e-12 ? 0.5 : sum > 0 ? 1 : 0);
        }

        return accuracy;
    }

    /// <summary>Σ over all K^n votes for a truth of label 0, each from scratch.</summary>
    public static double BruteForce(double[] p, double[] w, int classes)
    {
        double accuracy = 0;
        int all = (int)Math.Pow(classes, p.Length);
        for (int votes = 0; votes < all; votes++)
        {
            double share = 1;
            double[] scores = new double[classes];
            for ((int i, int rest) = (0, votes); i < p.Length; i++, rest /= classes)
            {
                int label = rest % classes;
                share *= label == 0 ? p[i] : (1 - p[i]) / (classes - 1);
                scores[label] += w[i];
            }

            double largest = scores.Max();
            accuracy += scores[0] >= largest - 1e-12 ? share / scores.Count(score => score >= largest - 1e-12) : 0;
        }

        return accuracy;
    }
}
