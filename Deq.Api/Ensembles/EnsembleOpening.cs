using System.Globalization;
using System.Text.Json;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Settings;
using Deq.Api.Solving;
using Deq.Api.Tasks;
using Deq.Runtime.Models;
using Deq.Runtime.Trust;

namespace Deq.Api.Ensembles;

/// <summary>Opens the ensembles that a folder describes, one file each, and lists everything that is wrong with them.</summary>
internal sealed class EnsembleOpening(ModelCatalogue models, ServedTasks tasks, BudgetCatalogue budgets, RequestLimits limits, ILogger<EnsembleOpening> logger)
{
    /// <summary>The name looked for beside the folder of models.</summary>
    public const string Folder = "ensembles";

    private const double LargestTemperature = 5;
    private const double MostCost = 1e9;
    private const double LeastPrior = 1e-3;

    private readonly List<string> _faults = [];

    /// <summary>Opens every file of a folder. Without a folder that is set, ensembles with members that are not served are left out with a warning.</summary>
    /// <param name="configured">The folder as set; null: the one beside the models, if there is one.</param>
    /// <param name="contentRoot">What a folder that is set is relative to.</param>
    /// <exception cref="StartupException">There is no such folder, or ensembles have faults; all are listed.</exception>
    public EnsembleCatalogue Open(string? configured, string contentRoot)
    {
        string? folder = configured is not null ? Path.GetFullPath(configured, contentRoot)
            : models.Folder is not null ? Path.Combine(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(models.Folder)) ?? "", Folder) : null;
        if (!Directory.Exists(folder))
        {
            return configured is null ? new EnsembleCatalogue([]) : throw new StartupException($"Ensembles:Directory is '{folder}', where there is no folder.");
        }

        Ensemble?[] ensembles =
        [
            .. Directory.GetFiles(folder, "*.json").Where(path => Path.GetFileName(path)[0] != '.').Order(StringComparer.Ordinal)
                .Select(path => Read(path) is { } file && (configured is not null || HasMembers(path, file)) ? Opened(path, file) : null),
        ];
        return _faults.Count == 0 ? new EnsembleCatalogue([.. ensembles.OfType<Ensemble>()]) : throw new StartupException(_faults);
    }

    private EnsembleFile? Read(string path)
    {
        try
        {
            return EnsembleFile.Read(path);
        }
        catch (Exception fault) when (fault is JsonException or IOException or UnauthorizedAccessException)
        {
            Note(path, $"it cannot be read: {JsonFault.TextOf(fault)}.");
            return null;
        }
    }

    /// <summary>Whether every member is served; warns where not. An image of the server contains ensembles, and its folder of models can be replaced alone.</summary>
    private bool HasMembers(string path, EnsembleFile file)
    {
        string[] missing = [.. file.Members.Select(entry => entry.Model).Where(model => !models.Has(model)).Distinct(StringComparer.Ordinal)];
        if (missing.Length > 0)
        {
            logger.LogWarning(
                "Ensemble {Ensemble} is left out, since these models of its members are not served: {Missing}. Serve them, or set Ensembles:Directory to your own folder of ensembles",
                path, string.Join(", ", missing));
        }

        return missing.Length == 0;
    }

    private Ensemble? Opened(string path, EnsembleFile file)
    {
        int before = _faults.Count;
        string name = Path.GetFileNameWithoutExtension(path);
        if (!name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-'))
        {
            Note(path, "its name must be lower-case letters, digits and hyphens.");
        }

        if (file.Temperature is not (> 0 and <= LargestTemperature))
        {
            Note(path, $"temperature is {file.Temperature}; it must lie above 0 and be at most {LargestTemperature}.");
        }

        EnsembleMember?[] members = [.. file.Members.Select((entry, place) => Member(path, $"members[{place}]", entry, file.Prior))];
        RefuseMembers(path, members);
        return _faults.Count > before ? null : new Ensemble
        {
            Name = name,
            Description = file.Description,
            Task = tasks.Find(members[0]!.Model.Manifest.Task)!,
            Members = [.. members.OfType<EnsembleMember>()],
            Temperature = file.Temperature,
        };
    }

    private EnsembleMember? Member(string path, string place, MemberEntry entry, VoteCounts prior)
    {
        if (entry.Cost is not (> 0 and <= MostCost))
        {
            Note(path, $"{place}.cost is {entry.Cost}; it must be above 0 and at most {MostCost}.");
        }

        VoteCounts counts = entry.Checked;
        bool isCounted = AreCounts(prior) && prior is { Right: >= LeastPrior, Wrong: >= LeastPrior } && AreCounts(counts);
        if (!isCounted)
        {
            Note(path, $"{place} has checked votes that are not from 0 to {MemberCount.Most}, or the prior's are not from {LeastPrior} to that.");
        }

        if (!models.Has(entry.Model))
        {
            Note(path, $"{place}.model is '{entry.Model}', which is not served; there are {string.Join(", ", models.All.Select(model => model.Manifest.Name))}.");
            return null;
        }

        ServedModel served = models.Find(entry.Model);
        if (tasks.Find(served.Manifest.Task)?.VoteOf is null)
        {
            Note(path, $"{place}.model is '{entry.Model}', which does {served.Manifest.Task}: its answers are no labels to vote on.");
            return null;
        }

        var member = new EnsembleMember
        {
            Name = entry.Name ?? entry.Model,
            Model = served,
            Budgets = budgets.Of(served),
            Asked = AskedBy(entry),
            Cost = entry.Cost,
            Trust = isCounted ? new BetaTrust(prior.Right + counts.Right, prior.Wrong + counts.Wrong) : new BetaTrust(1, 1),
        };
        RefuseBudget(path, place, member);
        return member;
    }

    private static bool AreCounts(VoteCounts counts) => MemberCount.Holds(counts.Right) && MemberCount.Holds(counts.Wrong);

    private void RefuseBudget(string path, string place, EnsembleMember member)
    {
        try
        {
            foreach (ClampedParameter clamped in SolveGrant.Of(member.Ask([]), member.Model.Manifest, limits).Clamped)
            {
                Note(path, $"{place}.{clamped.Parameter} is {clamped.Asked}; the model allows {clamped.Granted}.");
            }
        }
        catch (ProblemException fault)
        {
            Note(path, $"{place}: {fault.Message}");
        }
    }

    /// <summary>Members must be at least two, differ in name and agree in task, labels and input.</summary>
    private void RefuseMembers(string path, EnsembleMember?[] members)
    {
        if (members.Length < 2)
        {
            Note(path, $"it has {members.Length} members; a vote needs at least 2.");
        }

        EnsembleMember[] opened = [.. members.OfType<EnsembleMember>()];
        foreach (IGrouping<string, EnsembleMember> same in opened.GroupBy(member => member.Name, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            Note(path, $"{same.Count()} members are named '{same.Key}'; give each its own name.");
        }

        foreach (EnsembleMember other in opened.Skip(1))
        {
            (Runtime.Models.ModelManifest first, Runtime.Models.ModelManifest manifest) = (opened[0].Model.Manifest, other.Model.Manifest);
            if (manifest.Task != first.Task || !manifest.Labels.SequenceEqual(first.Labels, StringComparer.Ordinal))
            {
                Note(path, $"'{other.Name}' has another task or other labels than '{opened[0].Name}': {string.Join(", ", manifest.Labels)} instead of {string.Join(", ", first.Labels)}.");
            }
            else if (JsonSerializer.Serialize(manifest.Input) != JsonSerializer.Serialize(first.Input))
            {
                Note(path, $"'{other.Name}' takes another input than '{opened[0].Name}': size, channels, normalization and resizing must be the same.");
            }
        }
    }

    private static KeyValuePair<string, string>[] AskedBy(MemberEntry entry)
    {
        (SolveParameter Parameter, string? Value)[] all =
        [
            (SolveParameter.Budget, entry.Budget),
            (SolveParameter.Solver, entry.Solver),
            (SolveParameter.Tolerance, entry.Tolerance?.ToString(CultureInfo.InvariantCulture)),
            (SolveParameter.MaxEvaluations, entry.MaxEvaluations?.ToString(CultureInfo.InvariantCulture)),
        ];
        return [.. all.Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Parameter.Name, pair.Value!))];
    }

    private void Note(string path, string fault) => _faults.Add($"{path}: {fault}");
}
