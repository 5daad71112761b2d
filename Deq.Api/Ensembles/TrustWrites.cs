using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Deq.Api.Ensembles;

/// <summary>The statements that change a trust store, prepared once. Used by one thread, inside a transaction.</summary>
internal sealed class TrustWrites : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly List<SqliteCommand> _commands = [];
    private readonly SqliteCommand _addAnswer;
    private readonly SqliteCommand _addVote;
    private readonly SqliteCommand _dropOldest;
    private readonly SqliteCommand _settle;
    private readonly SqliteCommand _findAnswer;
    private readonly SqliteCommand _findTruth;
    private readonly SqliteCommand _addFeedback;
    private readonly SqliteCommand _count;
    private readonly SqliteCommand _import;
    private readonly SqliteCommand _importCount;
    private readonly SqliteCommand _forget;
    private readonly SqliteCommand _clear;
    private readonly SqliteCommand _clearImported;
    private readonly SqliteCommand _setOff;
    private readonly SqliteCommand _begin;

    public TrustWrites(SqliteConnection connection)
    {
        _connection = connection;
        _addAnswer = Prepare("INSERT INTO answers VALUES ($0, $1, $2, $3, $4, $5, 1 + (SELECT COALESCE(MAX(number), 0) FROM answers WHERE client = $5))", 6);
        _dropOldest = Prepare("DELETE FROM answers WHERE client = $0 AND number = (SELECT MAX(number) FROM answers WHERE client = $0) - $1", 2);
        _settle = Prepare("UPDATE answers SET client = NULL, number = NULL WHERE id = $0", 1);
        _addVote = Prepare("INSERT INTO votes VALUES ($0, $1, $2)", 3);
        _findAnswer = Prepare("SELECT 1 FROM answers WHERE id = $0 AND ensemble = $1", 2);
        _findTruth = Prepare("SELECT truth FROM feedback WHERE answer = $0", 1);
        _addFeedback = Prepare("INSERT INTO feedback VALUES ($0, $1, $2)", 3);
        _count = Prepare(
            """
            INSERT INTO trust SELECT $0, member, label = $2, label <> $2 FROM votes WHERE answer = $1
            ON CONFLICT DO UPDATE SET "right" = "right" + excluded."right", wrong = wrong + excluded.wrong
            """,
            3);
        const string add = "VALUES ($0, $1, $2, $3) ON CONFLICT DO UPDATE SET \"right\" = \"right\" + excluded.\"right\", wrong = wrong + excluded.wrong";
        _import = Prepare($"INSERT INTO trust {add}", 4);
        _importCount = Prepare($"INSERT INTO imported {add}", 4);
        _clear = Prepare("DELETE FROM trust WHERE ensemble = $0", 1);
        _clearImported = Prepare("DELETE FROM imported WHERE ensemble = $0", 1);
        _setOff = Prepare(
            """
            INSERT INTO imported SELECT $0, votes.member, -SUM(votes.label = feedback.truth), -SUM(votes.label <> feedback.truth)
            FROM answers JOIN feedback ON feedback.answer = answers.id JOIN votes ON votes.answer = answers.id
            WHERE answers.ensemble = $0 GROUP BY votes.member
            """,
            1);
        _begin = Prepare("INSERT INTO trust SELECT ensemble, member, 0, 0 FROM imported WHERE ensemble = $0", 1);
        _forget = Prepare("DELETE FROM answers WHERE at < $0 AND id NOT IN (SELECT answer FROM feedback)", 1);
    }

    /// <summary>Adds an answer with its votes, and drops the one that the same client was given so many answers before where that still waits for feedback.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="at">When it was given.</param>
    /// <param name="mostWaiting">Answers of one client that may wait. No two of them have the same number, so dropping one for each that is added keeps to it.</param>
    public void Add(StoredAnswer answer, long at, int mostWaiting)
    {
        string client = NameOf(answer.Client);
        Run(_addAnswer, answer.Id, answer.Ensemble, answer.Label, answer.Believed, at, client);
        Run(_dropOldest, client, mostWaiting);
        foreach ((string member, string label) in answer.Votes)
        {
            Run(_addVote, answer.Id, member, label);
        }
    }

    /// <summary>Adds a feedback and counts the votes of its answer, unless there is a reason not to.</summary>
    public FeedbackOutcome Add(string ensemble, string answer, string truth, long at)
    {
        if (Read(_findAnswer, answer, ensemble) is null)
        {
            return FeedbackOutcome.UnknownAnswer;
        }

        if (Read(_findTruth, answer) is string before)
        {
            return before == truth ? FeedbackOutcome.Repeated : FeedbackOutcome.Contradicting;
        }

        Run(_addFeedback, answer, truth, at);
        Run(_count, ensemble, answer, truth);
        Run(_settle, answer);
        return FeedbackOutcome.Recorded;
    }

    /// <summary>Takes back every count of an ensemble: what feedback counted stays known, and is set off against.</summary>
    /// <remarks>Counts feedback anew and reads no count that is stored: an older server took numbers whose differences are none.</remarks>
    public void Reset(string ensemble)
    {
        Run(_clear, ensemble);
        Run(_clearImported, ensemble);
        Run(_setOff, ensemble);
        Run(_begin, ensemble);
    }

    /// <summary>Adds counts from another store.</summary>
    public void Import(MemberCount count)
    {
        Run(_import, count.Ensemble, count.Member, count.Right, count.Wrong);
        Run(_importCount, count.Ensemble, count.Member, count.Right, count.Wrong);
    }

    /// <summary>Drops answers without feedback from before a time; gives how many.</summary>
    public int Forget(long before) => Run(_forget, before);

    public void Dispose() => _commands.ForEach(command => command.Dispose());

    /// <summary>A client as the store has it: of one length, whatever a header says.</summary>
    private static string NameOf(string client) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(client)))[..32];

    private SqliteCommand Prepare(string statement, int parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // The statements are those above.
        command.CommandText = statement;
#pragma warning restore CA2100
        for (int i = 0; i < parameters; i++)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = $"${i}" });
        }

        _commands.Add(command);
        return command;
    }

    private static int Run(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        Bind(command, values);
        return command.ExecuteNonQuery();
    }

    private static object? Read(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        Bind(command, values);
        return command.ExecuteScalar();
    }

    private static void Bind(SqliteCommand command, ReadOnlySpan<object> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }
    }
}
