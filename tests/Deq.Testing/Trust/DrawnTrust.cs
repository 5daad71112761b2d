using Deq.Runtime.Trust;

namespace Deq.Testing.Trust;

/// <summary>Draws trustworthiness from the trust in it.</summary>
public static class DrawnTrust
{
    /// <summary>One draw of the trustworthiness.</summary>
    /// <param name="trust">Its distribution.</param>
    /// <param name="random">Seeded by its owner.</param>
    public static double Draw(this BetaTrust trust, Random random)
    {
        double right = GammaDraw(random, trust.Right);
        return right / (right + GammaDraw(random, trust.Wrong));
    }

    /// <summary>A draw of the gamma distribution of scale 1.</summary>
    /// <remarks>Source: Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3), 2000.</remarks>
    private static double GammaDraw(Random random, double shape)
    {
        if (shape < 1)
        {
            return GammaDraw(random, shape + 1) * Math.Pow(1 - random.NextDouble(), 1 / shape);
        }

        double d = shape - (1.0 / 3);
        double c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            double cube = Math.Pow(1 + (c * normal), 3);
            if (cube > 0 && Math.Log(1 - random.NextDouble()) < (normal * normal / 2) + d - (d * cube) + (d * Math.Log(cube)))
            {
                return d * cube;
            }
        }
    }
}
