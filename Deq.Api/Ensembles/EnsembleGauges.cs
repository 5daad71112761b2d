using System.Diagnostics.Metrics;
using Deq.Api.Requests;

namespace Deq.Api.Ensembles;

/// <summary>Believed against observed accuracy of each ensemble's answers with feedback, for collectors of measurements.</summary>
internal sealed class EnsembleGauges
{
    public EnsembleGauges(EnsembleCatalogue ensembles, EnsembleTrust trust, IMeterFactory factory)
    {
        Meter meter = factory.Create(ApiMetrics.Name);
        Gauge(Names[0], "Answers of an ensemble that got feedback, also those that are no longer kept.", belief => belief.Answers);
        Gauge(Names[1], "Mean posterior of the answers with feedback.", belief => belief.Believed);
        Gauge(Names[2], "Share of the answers with feedback that were right.", belief => belief.Observed);
        Gauge(Names[3], "Standard error of believed − observed accuracy.", belief => belief.Error);

        void Gauge(string name, string description, Func<BeliefAgainstTruth, double> read) => meter.CreateObservableGauge(
            name,
            () => ensembles.All.Select(ensemble => new Measurement<double>(
                read(trust.Belief(ensemble)), new KeyValuePair<string, object?>("ensemble", ensemble.Name))),
            "1",
            description);
    }

    public static IReadOnlyList<string> Names { get; } =
        ["deq.ensemble.feedback", "deq.ensemble.believed", "deq.ensemble.observed", "deq.ensemble.belief.error"];
}
