namespace Deq.Export.Recipes;

/// <summary>What was found wrong so far, so that one reading reports all of it.</summary>
internal sealed class RecipeFaults
{
    private readonly List<(string Place, string Text)> _found = [];

    /// <summary>One line each, the place first.</summary>
    public IReadOnlyList<string> Lines => [.. _found.Select(fault => fault.Place.Length == 0 ? fault.Text : $"{fault.Place}: {fault.Text}")];

    /// <summary>Notes a fault at a place, such as <c>input.mean[2]</c>; the empty place is the whole file.</summary>
    public void Add(string place, string text) => _found.Add((place, text));

    /// <summary>Notes values that contradict each other, unless one of them is wrong by itself: then the contradiction may be only seeming.</summary>
    public void AddUnless(bool holds, string text, string place, params string[] others)
    {
        if (!holds && !others.Append(place).Any(IsFaulty))
        {
            Add(place, text);
        }
    }

    /// <summary>Notes contradictions that do not hide one another: all but those with a value that was wrong before.</summary>
    public void AddEach(IEnumerable<(bool Holds, string Text, string Place, string[] Others)> contradictions)
    {
        (string Place, string Text)[] found =
        [
            .. contradictions.Where(each => !each.Holds && !each.Others.Append(each.Place).Any(IsFaulty)).Select(each => (each.Place, each.Text)),
        ];
        _found.AddRange(found);
    }

    private bool IsFaulty(string place) => _found.Any(fault => IsWithin(place, fault.Place) || IsWithin(fault.Place, place));

    private static bool IsWithin(string inner, string outer) =>
        outer.Length == 0
        || (inner.StartsWith(outer, StringComparison.Ordinal) && (inner.Length == outer.Length || inner[outer.Length] is '.' or '['));
}
