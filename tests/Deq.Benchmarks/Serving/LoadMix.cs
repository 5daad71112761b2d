using System.Buffers.Binary;

namespace Deq.Benchmarks.Serving;

/// <summary>One request of a load.</summary>
/// <param name="At">When it is sent, from the begin of the load.</param>
/// <param name="Body">The tensor.</param>
/// <param name="Tolerance">How exact its solve is to be.</param>
/// <param name="MaxEvaluations">How long it may take, in evaluations.</param>
/// <param name="DeadlineMs">How long it may take, in milliseconds.</param>
internal sealed record LoadRequest(TimeSpan At, byte[] Body, double Tolerance, int MaxEvaluations, int DeadlineMs);

/// <summary>Requests of mixed difficulty and urgency, the same for the same seed. Times between them are exponentially distributed.</summary>
internal sealed class LoadMix(int seed)
{
    private const int Side = 28;
    private const int Images = 64;
    private const int MostEvaluations = 64;

    private static readonly double[] s_tolerances = [0.1, 0.05, 0.02, 0.005, 0.001];
    private static readonly int[] s_deadlines = [50, 100, 200, 400];

    private readonly byte[][] _bodies = [.. Enumerable.Range(0, Images).Select(image => BodyOf(new Random((seed * Images) + image)))];

    /// <summary>The shape of the bodies, as the server's header has it.</summary>
    public static string Shape => $"1,{Side},{Side}";

    /// <summary>A load of Poisson arrivals.</summary>
    /// <param name="perSecond">The rate at which requests arrive.</param>
    /// <param name="time">For how long.</param>
    public IReadOnlyList<LoadRequest> Poisson(double perSecond, TimeSpan time)
    {
        var random = new Random(seed);
        var requests = new List<LoadRequest>();
        for (double at = Gap(); at < time.TotalSeconds; at += Gap())
        {
            requests.Add(Next(random, TimeSpan.FromSeconds(at)));
        }

        return requests;

        double Gap() => -Math.Log(1 - random.NextDouble()) / perSecond;
    }

    /// <summary>Requests without a time of their own and without a deadline that matters.</summary>
    public IEnumerable<LoadRequest> Endless()
    {
        var random = new Random(seed);
        while (true)
        {
            yield return Next(random, TimeSpan.Zero) with { DeadlineMs = 30_000 };
        }
    }

    private LoadRequest Next(Random random, TimeSpan at) => new(
        at,
        _bodies[random.Next(_bodies.Length)],
        s_tolerances[random.Next(s_tolerances.Length)],
        MostEvaluations,
        s_deadlines[random.Next(s_deadlines.Length)]);

    /// <summary>A few soft spots and stripes, normalised: what is on them does not matter, only that they differ.</summary>
    private static byte[] BodyOf(Random random)
    {
        (double X, double Y, double Width)[] spots =
            [.. Enumerable.Range(0, 4).Select(_ => (Side * random.NextDouble(), Side * random.NextDouble(), 2 + (6 * random.NextDouble())))];
        double stripes = random.NextDouble();
        byte[] body = new byte[Side * Side * sizeof(float)];
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++)
            {
                double value = spots.Sum(spot => Math.Exp(-(Math.Pow(x - spot.X, 2) + Math.Pow(y - spot.Y, 2)) / (2 * spot.Width * spot.Width)))
                    + (0.3 * Math.Sin(stripes * (x + y)));
                float normalised = (float)((Math.Clamp(value, 0, 1) - 0.286) / 0.353);
                BinaryPrimitives.WriteSingleLittleEndian(body.AsSpan(((y * Side) + x) * sizeof(float)), normalised);
            }
        }

        return body;
    }
}
