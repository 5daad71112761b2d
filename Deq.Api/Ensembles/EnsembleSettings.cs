using Deq.Api.Settings;

namespace Deq.Api.Ensembles;

/// <summary>Where ensembles are described, and where their trust is kept.</summary>
internal sealed record EnsembleSettings
{
    public static SettingsSection Section { get; } = SettingsSection.Of((_, reader) => Read(reader), "Ensembles");

    /// <summary>The folder of descriptions; null: <c>ensembles</c> beside the folder of models, if there is one.</summary>
    public required string? Directory { get; init; }

    /// <summary>The file of the trust store; null: <c>deq/trust.db</c> in the user's folder of application data.</summary>
    public required string? Database { get; init; }

    /// <summary>How long an answer without feedback is kept.</summary>
    public required TimeSpan KeepsAnswers { get; init; }

    private static EnsembleSettings Read(SettingsReader reader) => new()
    {
        Directory = reader.Text("Ensembles:Directory"),
        Database = reader.Text("Ensembles:Database"),
        KeepsAnswers = TimeSpan.FromHours(reader.Integer("Ensembles:KeepAnswersHours", 720, 1, 87_600)),
    };
}
