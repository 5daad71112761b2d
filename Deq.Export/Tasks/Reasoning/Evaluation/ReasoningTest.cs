using Deq.Export.Tasks.Reasoning.Puzzles;

namespace Deq.Export.Tasks.Reasoning.Evaluation;

/// <summary>Puzzles of one difficulty that no training draws.</summary>
/// <param name="Name">For tables, such as <c>33 x 33</c>.</param>
/// <param name="Puzzles">The puzzles.</param>
internal sealed record ReasoningTest(string Name, IReadOnlyList<Puzzle> Puzzles);
