"""Kuaihui (快恢): the incident war room for teams who live in Feishu/Lark."""
