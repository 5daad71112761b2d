using System.Globalization;
using Deq.Api.Problems;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Api.Solving;

/// <summary>What a caller asks of the solve; null is: nothing asked.</summary>
internal sealed record SolveRequest
{
    public int? Top { get; private init; }

    public BudgetProfile? Profile { get; private init; }

    public int? MaxEvaluations { get; private init; }

    public double? Tolerance { get; private init; }

    public int? DeadlineMs { get; private init; }

    public int? UntilStable { get; private init; }

    public Priority? Priority { get; private init; }

    public IFixedPointMethod? Solver { get; private init; }

    public bool RequireConverged { get; private init; }

    /// <summary>Reads parameters from wherever they came.</summary>
    /// <param name="given">Names and values.</param>
    /// <param name="budgets">The profiles of the model.</param>
    /// <param name="known">The parameters that the endpoint takes. Default null: all.</param>
    /// <exception cref="ProblemException">Names that are unknown or contradict each other, or values that cannot be; all at once.</exception>
    public static SolveRequest Parse(
        IEnumerable<KeyValuePair<string, string>> given, ModelBudgets budgets, IReadOnlyList<SolveParameter>? known = null)
    {
        string[] names = [.. (known ?? SolveParameter.All).Select(parameter => parameter.Name)];
        ILookup<string, string> values = given.ToLookup(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        RefuseUnknown([.. values.Select(group => group.Key).Except(names)], names);
        RefuseConflicts([.. values.Where(group => group.Distinct(StringComparer.Ordinal).Count() > 1)]);
        var faults = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var request = new SolveRequest
        {
            Top = Read(SolveParameter.Top, Count),
            Profile = Find(SolveParameter.Budget, budgets.Find, "budget profile of this model", budgets.Names),
            MaxEvaluations = Read(SolveParameter.MaxEvaluations, Count),
            Tolerance = Read(SolveParameter.Tolerance, Fraction),
            DeadlineMs = Read(SolveParameter.DeadlineMs, Count),
            UntilStable = Read(SolveParameter.UntilStable, Count),
            Priority = Read(SolveParameter.Priority, PriorityNamed),
            Solver = Find(SolveParameter.Solver, FixedPointMethods.Find, "solver", FixedPointMethods.Names),
            RequireConverged = Read(SolveParameter.RequireConverged, Flag) ?? false,
        };
        return faults.Count == 0 ? request : throw Invalid(faults);

        T? Read<T>(SolveParameter parameter, Func<string, T?> parse)
            where T : struct
        {
            if (values[parameter.Name].FirstOrDefault() is not { } text)
            {
                return null;
            }

            T? value = parse(text);
            if (value is null)
            {
                faults[parameter.Name] = [$"'{Shorten(text)}' is not acceptable; it must be {parameter.Expects}."];
            }

            return value;
        }

        T? Find<T>(SolveParameter parameter, Func<string, T?> find, string what, IReadOnlyList<string> names)
            where T : class
        {
            if (values[parameter.Name].FirstOrDefault() is not { } name)
            {
                return null;
            }

            T? found = find(name);
            if (found is null)
            {
                faults[parameter.Name] = [$"'{Shorten(name)}' is no {what}; there are {string.Join(", ", names)}."];
            }

            return found;
        }
    }

    /// <summary>The parameters of a query.</summary>
    public static KeyValuePair<string, string>[] QueryOf(HttpRequest request) =>
        [.. request.Query.SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value ?? "")))];

    /// <summary>A priority as callers write it.</summary>
    public static string NameOf(Priority priority) => priority == Runtime.Scheduling.Queue.Priority.High ? "high" : "normal";

    private static void RefuseUnknown(string[] unknown, string[] known)
    {
        if (unknown.Length > 0)
        {
            throw new ProblemException(
                ProblemKinds.UnknownParameter,
                $"Unknown: {string.Join(", ", unknown.Select(Shorten))}. Known: {string.Join(", ", known)}.")
                .With("unknown", unknown.Select(Shorten).ToArray())
                .With("known", known);
        }
    }

    private static void RefuseConflicts(IGrouping<string, string>[] conflicts)
    {
        if (conflicts.Length > 0)
        {
            throw new ProblemException(ProblemKinds.ConflictingParameter, string.Join(' ', conflicts.Select(group =>
                $"{group.Key} is given as {string.Join(" and as ", group.Distinct(StringComparer.Ordinal).Select(Shorten))}.")));
        }
    }

    private static ProblemException Invalid(Dictionary<string, string[]> faults) =>
        new ProblemException(ProblemKinds.InvalidParameter, string.Join(' ', faults.Select(fault => $"{fault.Key}: {fault.Value[0]}")))
            .With("errors", faults);

    /// <summary>A number beyond the integers is as good as the largest: the limit wins in any case.</summary>
    private static int? Count(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) && value >= 1
            ? (int)Math.Min(value, int.MaxValue)
            : null;

    private static double? Fraction(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is > 0 and < 1 ? value : null;

    private static Priority? PriorityNamed(string text) => text switch
    {
        "normal" => Runtime.Scheduling.Queue.Priority.Normal,
        "high" => Runtime.Scheduling.Queue.Priority.High,
        _ => null,
    };

    private static bool? Flag(string text) => bool.TryParse(text, out bool value) ? value : null;

    private static string Shorten(string text) => text.Length <= 64 ? text : text[..64] + "…";
}
