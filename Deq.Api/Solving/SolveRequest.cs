using System.Globalization;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Api.Solving;

/// <summary>What a client asks of the solve; null is: nothing asked.</summary>
internal sealed record SolveRequest
{
    /// <summary>Parameters that are not known and are named; a client may send any number.</summary>
    private const int MostNamed = 16;

    public int? Top { get; private init; }

    public BudgetProfile? Profile { get; private init; }

    public int? MaxEvaluations { get; private init; }

    public double? Tolerance { get; private init; }

    public int? DeadlineMs { get; private init; }

    public int? UntilStable { get; private init; }

    public Priority? Priority { get; private init; }

    public IFixedPointMethod? Solver { get; private init; }

    public bool RequireConverged { get; private init; }

    public double? Accuracy { get; private init; }

    /// <summary>The parameters that only the task knows, by name, as they were given and accepted.</summary>
    public IReadOnlyDictionary<string, string> OfTask { get; private init; } = new Dictionary<string, string>();

    /// <summary>Reads parameters from wherever they came. An empty value is as good as none: forms send every field that they show.</summary>
    /// <param name="given">Names and values.</param>
    /// <param name="budgets">The profiles of the model.</param>
    /// <param name="known">The parameters that the endpoint takes.</param>
    /// <param name="nameOf">How the client writes the name of a parameter. Default null: as it is.</param>
    /// <exception cref="ProblemException">Names that are unknown or contradict each other, or values that cannot be; all at once.</exception>
    public static SolveRequest Parse(
        IEnumerable<KeyValuePair<string, string>> given, ModelBudgets budgets, IReadOnlyList<SolveParameter> known, Func<string, string>? nameOf = null)
    {
        string[] names = [.. known.Select(parameter => parameter.Name)];
        KeyValuePair<string, string>[] all = [.. given];
        RefuseUnknown([.. all.Select(pair => pair.Key).Distinct(StringComparer.Ordinal).Except(names)], names);
        ILookup<string, string> values = all.Where(pair => pair.Value.Length > 0).ToLookup(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        nameOf ??= name => name;
        RefuseConflicts([.. values.Where(group => group.Distinct(StringComparer.Ordinal).Count() > 1)], nameOf);
        var reader = new ValueReader(values, nameOf);
        var request = new SolveRequest
        {
            Top = reader.Read(SolveParameter.Top, Count),
            Profile = reader.Find(SolveParameter.Budget, budgets.Find, "budget profile of this model", budgets.Names),
            MaxEvaluations = reader.Read(SolveParameter.MaxEvaluations, Count),
            Tolerance = reader.Read(SolveParameter.Tolerance, Fraction),
            DeadlineMs = reader.Read(SolveParameter.DeadlineMs, Count),
            UntilStable = reader.Read(SolveParameter.UntilStable, Count),
            Priority = reader.Read(SolveParameter.Priority, PriorityNamed),
            Solver = reader.Find(SolveParameter.Solver, FixedPointMethods.Find, "solver", FixedPointMethods.Names),
            RequireConverged = reader.Read(SolveParameter.RequireConverged, Flag) ?? false,
            Accuracy = reader.Read(SolveParameter.Accuracy, Fraction),
            OfTask = reader.Accepted(known),
        };
        return reader.Faults.Count == 0 ? request : throw ProblemException.Of(ProblemKinds.InvalidParameter, reader.Faults);
    }

    /// <summary>The parameters of a query.</summary>
    public static KeyValuePair<string, string>[] QueryOf(HttpRequest request) =>
        [.. request.Query.SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value ?? "")))];

    /// <summary>A priority as clients write it.</summary>
    public static string NameOf(Priority priority) => priority == Runtime.Scheduling.Queue.Priority.High ? "high" : "normal";

    private static void RefuseUnknown(string[] unknown, string[] known)
    {
        if (unknown.Length > 0)
        {
            string[] named = [.. unknown.Take(MostNamed)];
            string more = unknown.Length > named.Length ? $" and {unknown.Length - named.Length} more" : "";
            throw new ProblemException(
                ProblemKinds.UnknownParameter,
                $"Unknown: {string.Join(", ", named.Select(ClientText.Named))}{more}. Known: {string.Join(", ", known)}.")
                .With("unknown", named.Select(ClientText.Shorten).ToArray())
                .With("known", known);
        }
    }

    private static void RefuseConflicts(IGrouping<string, string>[] conflicts, Func<string, string> nameOf)
    {
        if (conflicts.Length > 0)
        {
            throw new ProblemException(ProblemKinds.ConflictingParameter, string.Join(' ', conflicts.Select(group =>
                $"{nameOf(group.Key)} is given as {string.Join(" and as ", group.Distinct(StringComparer.Ordinal).Select(ClientText.Shorten))}.")));
        }
    }

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

    /// <summary>Reads values one by one and remembers every fault.</summary>
    private sealed class ValueReader(ILookup<string, string> values, Func<string, string> nameOf)
    {
        public Dictionary<string, string[]> Faults { get; } = new(StringComparer.Ordinal);

        public T? Read<T>(SolveParameter parameter, Func<string, T?> parse)
            where T : struct
        {
            if (values[parameter.Name].FirstOrDefault() is not { } text)
            {
                return null;
            }

            T? value = parse(text);
            if (value is null)
            {
                Faults[nameOf(parameter.Name)] = [$"'{text.Shorten()}' is not acceptable; it must be {parameter.Expects}."];
            }

            return value;
        }

        /// <summary>The values that parameters with a special rule accept.</summary>
        public Dictionary<string, string> Accepted(IReadOnlyList<SolveParameter> known)
        {
            var accepted = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (SolveParameter parameter in known.Where(parameter => parameter.Accepts is not null))
            {
                if (Read(parameter, text => parameter.Accepts!(text) ? true : (bool?)null) is true)
                {
                    accepted[parameter.Name] = values[parameter.Name].First();
                }
            }

            return accepted;
        }

        public T? Find<T>(SolveParameter parameter, Func<string, T?> find, string what, IReadOnlyList<string> names)
            where T : class
        {
            if (values[parameter.Name].FirstOrDefault() is not { } name)
            {
                return null;
            }

            T? found = find(name);
            if (found is null)
            {
                Faults[nameOf(parameter.Name)] = [$"'{name.Shorten()}' is no {what}; there are {string.Join(", ", names)}."];
            }

            return found;
        }
    }
}
