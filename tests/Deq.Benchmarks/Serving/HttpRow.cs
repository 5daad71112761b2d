using System.Diagnostics;

namespace Deq.Benchmarks.Serving;

/// <summary>One way to an answer, and what was measured of it so far.</summary>
/// <param name="client">The way.</param>
/// <param name="bytes">Of a request's body.</param>
/// <param name="roundTrip">Makes one and gives the milliseconds that the solve took.</param>
internal sealed class HttpWay(string client, int bytes, Func<double> roundTrip)
{
    private readonly List<(double Whole, double Solve)> _trips = [];
    private readonly List<double> _uncounted = [];

    /// <summary>Median of the solves while warming up, milliseconds.</summary>
    public double Typical => Quantiles.Of(_uncounted, 0.5);

    /// <summary>Makes one request after the other for some time; a tenth of it is for finding the way again.</summary>
    public void Take(TimeSpan time, bool counts)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            long before = Stopwatch.GetTimestamp();
            double solve = roundTrip();
            double whole = Stopwatch.GetElapsedTime(before).TotalMilliseconds;
            if (counts && Stopwatch.GetElapsedTime(start) > 0.1 * time)
            {
                _trips.Add((whole, solve));
            }
            else if (!counts)
            {
                _uncounted.Add(solve);
            }
        }
    }

    /// <summary>What was counted.</summary>
    public HttpRow Row()
    {
        double[] added = [.. _trips.Select(trip => trip.Whole - trip.Solve)];
        return new HttpRow(
            client,
            bytes,
            _trips.Count,
            Quantiles.Of(_trips.Select(trip => trip.Whole), 0.5),
            Quantiles.Of(_trips.Select(trip => trip.Solve), 0.5),
            Quantiles.Of(added, 0.5),
            Quantiles.Of(added, 0.9),
            Quantiles.Of(added, 0.99));
    }
}

/// <summary>What was measured of one way to an answer.</summary>
/// <param name="Client">The way.</param>
/// <param name="BodyBytes">Of the body.</param>
/// <param name="Requests">Measured, after warming up.</param>
/// <param name="RoundTripP50Ms">Median of the round trip.</param>
/// <param name="SolveP50Ms">Median of what the engine spent, waiting included.</param>
/// <param name="AddedP50Ms">Median of the difference, request by request.</param>
/// <param name="AddedP90Ms">The 90th percentile of it.</param>
/// <param name="AddedP99Ms">The 99th percentile of it.</param>
internal sealed record HttpRow(
    string Client, int BodyBytes, int Requests, double RoundTripP50Ms, double SolveP50Ms, double AddedP50Ms, double AddedP90Ms, double AddedP99Ms);
